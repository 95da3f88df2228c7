/** /control/sessions/{id}/risk-curve: some 50 points, and what added to the score. */
import type { Route } from '@elida/http';
import { z } from 'zod';
import { liveOrEnded, type PastParts, trailOf } from '../insight/session-past.ts';
import { compatRoute } from './route.ts';
import { actionWord } from './session-info.ts';

export const riskCurveRoute = (parts: PastParts): Route =>
  compatRoute({
    url: '/sessions/:id/risk-curve',
    access: 'sessions:read',
    query: z.looseObject({}),
    async answer(_query, { caller, params }) {
      const trail = await trailOf(parts, await liveOrEnded(parts, params.id ?? '', caller));
      return {
        session_id: trail.session,
        incarnation: trail.incarnation,
        risk_score: trail.score,
        current_action: actionWord(trail),
        half_life_ms: trail.half_life_ms,
        points: trail.points.map(({ at, score, action }) => ({
          timestamp: at,
          score,
          action: actionWord({ action }),
        })),
        contributions: trail.contributions.map(({ at, ...rest }) => ({ timestamp: at, ...rest })),
        steps: trail.steps.map(({ at, ...rest }) => ({ timestamp: at, ...rest })),
      };
    },
  });
