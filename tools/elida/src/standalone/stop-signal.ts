/** SIGTERM or SIGINT stops in order; a second one, while that takes its time, stops at once. */

/** A terminal sends Ctrl-C to the whole group and npm passes its own on: one key press may arrive twice. */
const ECHO_MS = 500;

export interface StopSignal {
  /** Resolves at the first signal. */
  readonly received: Promise<NodeJS.Signals>;
  /** Signals have their usual meaning again. */
  release(): void;
}

export function catchStopSignals(
  onForce: (signal: NodeJS.Signals) => void,
  monotonic = () => performance.now(),
): StopSignal {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let firstAt: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstAt === null) {
      firstAt = monotonic();
      resolve(signal);
    } else if (monotonic() - firstAt > ECHO_MS) {
      onForce(signal);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return {
    received: promise,
    release() {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    },
  };
}
