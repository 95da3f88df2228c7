/** Commands that only tests give to a Redis. */
import { Redis } from 'ioredis';

export async function admin<T>(url: string, run: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { protocol: 2 });
  try {
    return await run(redis);
  } finally {
    redis.disconnect();
  }
}

export async function emptied(url: string): Promise<string> {
  await admin(url, (redis) => redis.flushall());
  return url;
}
