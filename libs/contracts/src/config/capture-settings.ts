/** Of which exchanges request and reply are kept, and how much of them: `storage.*`, or the seeds' other place `policy.*`. */
import type { CaptureMode } from '../capture.ts';
import type { ConfigFile } from './file.ts';

export interface CaptureSettings {
  readonly mode: CaptureMode;
  /** Of a body, once redacted. */
  readonly bytesMax: number;
  /** Of an incarnation of a session. */
  readonly perSessionMax: number;
}

const DEFAULTS: CaptureSettings = { mode: 'flagged_only', bytesMax: 10_000, perSessionMax: 100 };

/** `storage` says more than `policy`, and without storage nothing is kept. */
export function captureSettings({ storage, policy }: Pick<ConfigFile, 'storage' | 'policy'>): CaptureSettings {
  const { capture_mode, max_capture_size, max_captured_per_session } = storage;
  const mode = capture_mode ?? (policy?.capture_flagged === false ? 'none' : DEFAULTS.mode);
  return {
    mode: storage.enabled && storage.events.enabled ? mode : 'none',
    bytesMax: max_capture_size ?? policy?.max_capture_size ?? DEFAULTS.bytesMax,
    perSessionMax: max_captured_per_session ?? DEFAULTS.perSessionMax,
  };
}
