import { startRedis } from '@elida/repo';
import { describe } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { emptied } from './redis-admin.ts';
import { sessionReadingContract } from './session-reading.contract.ts';
import { sessionRiskContract } from './session-risk.contract.ts';
import { sessionStoreContract } from './session-store.contract.ts';
import { memorySubject, redisSubject } from './session-subject.ts';
import { sessionUseContract } from './session-use.contract.ts';

describe('the memory store', () => {
  sessionStoreContract('memory', memorySubject);
  sessionReadingContract('memory', memorySubject);
  sessionRiskContract('memory', memorySubject);
  sessionUseContract('memory', memorySubject);
});

await describeWith('the Redis store', { redis: () => startRedis() }, (backends) => {
  const make = async () => redisSubject(await emptied(backends.redis.url));
  sessionStoreContract('Redis', make);
  sessionReadingContract('Redis', make);
  sessionRiskContract('Redis', make);
  sessionUseContract('Redis', make);
});
