import type { Handler } from '@elida/http';

export const getLiveness = (): Handler<'getLiveness'> => async () => ({ body: { status: 'ok' } });
