/** How a session came to its score: the curve, what added to it, and the ladder's own arithmetic. */
import { z } from 'zod';
import { riskView, STANDINGS } from './metering-view.ts';
import { instant } from './page.ts';

const standing = z.enum(STANDINGS);

const contribution = z.object({
  at: instant,
  event_id: z.string().nullable().describe('The violation; null: inherited from the principal'),
  exchange: z.string(),
  rule_name: z.string(),
  severity: z.string(),
  severity_weight: z.number(),
  role: z.string(),
  role_weight: z.number(),
  points: z.number().describe('severity_weight × role_weight'),
  remaining: z.number().describe('points × 2^(−age ÷ half-life): its part of the score now, before the cap of 100'),
});

const step = z
  .object({
    at: instant,
    event_id: z.string(),
    exchange: z.string(),
    policy: z.string(),
    arithmetic: z.record(z.string(), z.unknown()).describe('before, elapsed_ms, half_life_ms, decayed, added, after …'),
  })
  .describe('One climb of the ladder, as its event has it');

export const riskTrail = riskView
  .extend({
    session: z.string(),
    incarnation: z.number().int(),
    policy: z.string(),
    points: z.array(z.object({ at: instant, score: z.number(), action: standing })).describe('Some 50, and each jump'),
    contributions: z.array(contribution).describe('Oldest first'),
    steps: z.array(step).describe('Oldest first'),
    truncated: z.boolean().describe('There were more contributions than are shown; the score counts them all'),
  })
  .meta({ id: 'RiskTrail' });
export type RiskTrail = z.output<typeof riskTrail>;
