/** GET /v1/models in the shape of the asking house. Any other model name is answered as well. */
import type { Json } from './json.ts';

const MODELS = ['demo', 'gpt-5.5', 'claude-opus-5-5'];
const CREATED = 1_767_225_600;

export const openAiModel = (id: string): Json => ({ id, object: 'model', created: CREATED, owned_by: 'elida-demo' });
export const anthropicModel = (id: string): Json => ({
  type: 'model',
  id,
  display_name: id,
  created_at: new Date(CREATED * 1_000).toISOString(),
});

export const openAiModels = (): Json => ({ object: 'list', data: MODELS.map(openAiModel) });
export const anthropicModels = (): Json => ({
  data: MODELS.map(anthropicModel),
  has_more: false,
  first_id: MODELS[0],
  last_id: MODELS.at(-1),
});
