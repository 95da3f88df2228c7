import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { PRESETS } from '@elida/policy';

export const getPreset =
  (): Handler<'getPreset'> =>
  async ({ params }) => {
    const preset = PRESETS.find(({ name }) => name === params.name);
    if (!preset) throw new Fault('not_found', `there is no preset ${params.name}`);
    const { name, description, rules } = preset;
    return { body: { name, description, rules: rules.map((rule) => ({ ...rule })) } };
  };
