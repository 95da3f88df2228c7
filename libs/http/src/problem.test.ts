import { FAULTS } from '@elida/contracts';
import { problem } from '@elida/contracts/api';
import { Fault } from '@elida/kernel';
import { expect, it } from 'vitest';
import { toFault, toProblem } from './problem.ts';

it('every fault is a problem with its own status and code', () => {
  for (const code of Object.keys(FAULTS) as (keyof typeof FAULTS)[]) {
    const said = toProblem(new Fault(code), 'req_1');
    expect(problem.parse(said)).toMatchObject({ code, status: FAULTS[code].status, request_id: 'req_1' });
  }
});

it('a bug says nothing of itself', () => {
  const fault = toFault(new Error('password is hunter2'));
  expect(fault.code).toBe('internal');
  expect(JSON.stringify(toProblem(fault, ''))).not.toContain('hunter2');
});
