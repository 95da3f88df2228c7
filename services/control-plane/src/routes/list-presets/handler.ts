import type { Handler } from '@elida/http';
import { PRESETS } from '@elida/policy';

export const listPresets = (): Handler<'listPresets'> => async () => ({
  body: {
    presets: PRESETS.map(({ name, description, rules }) => ({ name, description, rules: rules.length })),
  },
});
