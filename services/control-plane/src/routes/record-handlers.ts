import type { Parts } from '../parts.ts';
import { exportLog } from './export-log/handler.ts';
import { getConsistencyProof } from './get-consistency-proof/handler.ts';
import { getEventStats } from './get-event-stats/handler.ts';
import { getHistoryStats } from './get-history-stats/handler.ts';
import { getInclusionProof } from './get-inclusion-proof/handler.ts';
import { getTimeSeries } from './get-time-series/handler.ts';
import { listCheckpoints } from './list-checkpoints/handler.ts';
import { listLogs } from './list-logs/handler.ts';

export const recordHandlers = (parts: Parts) => ({
  getEventStats: getEventStats(parts),
  getHistoryStats: getHistoryStats(parts),
  getTimeSeries: getTimeSeries(parts),
  listLogs: listLogs(parts),
  listCheckpoints: listCheckpoints(parts),
  getInclusionProof: getInclusionProof(parts),
  getConsistencyProof: getConsistencyProof(parts),
  exportLog: exportLog(parts),
});
