import type { Handler } from '@elida/http';
import { permissionsOf } from '../../authorize.ts';

export const whoami =
  (): Handler<'whoami'> =>
  async (_input, { caller }) => ({
    body: {
      principal: caller.principal,
      tenant: caller.tenant,
      roles: [...caller.roles],
      permissions: [...permissionsOf(caller)].sort(),
      how: caller.how === 'nobody' ? 'open' : caller.how,
    },
  });
