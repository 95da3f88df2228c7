import { fileSchema } from '@elida/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEnvironment } from './environment.ts';
import { exposureProblems } from './exposure.ts';
import { type WiringFlags, wiringEnvironment, wiringOf } from './wiring.ts';

const wire = (flags: WiringFlags, variables: Record<string, string>, file: object = {}) =>
  wiringOf(flags, readEnvironment(variables, wiringEnvironment), fileSchema.parse(file));

describe('layers', () => {
  test('with nothing said: loopback, 8080, 9090, 9091, ./.elida', () => {
    expect(wire({}, {})).toEqual({
      proxy: { host: '127.0.0.1', port: 8080 },
      control: { host: '127.0.0.1', port: 9090 },
      metrics: { host: '127.0.0.1', port: 9091 },
      dataDir: '.elida',
      logLevel: 'info',
      backend: undefined,
    });
  });

  test('one host for every listener, unless a variable names one listener', () => {
    const wiring = wire({}, { ELIDA_HOST: '0.0.0.0', ELIDA_CONTROL_LISTEN: '127.0.0.1:9999' });
    expect(wiring.proxy.host).toBe('0.0.0.0');
    expect(wiring.control).toEqual({ host: '127.0.0.1', port: 9999 });
  });

  test("the predecessor's `:8080` means every interface", () => {
    expect(wire({}, { ELIDA_LISTEN: ':8081' }).proxy).toEqual({ host: '0.0.0.0', port: 8081 });
    expect(wire({}, {}, { listen: '[::1]:7' }).proxy).toEqual({ host: '::1', port: 7 });
  });

  test('property: flags > environment > file > defaults, for every port independently', () => {
    const maybe = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
    fc.assert(
      fc.property(maybe, maybe, maybe, (flag, variable, inFile) => {
        const wiring = wire(
          { port: flag, controlPort: flag, metricsPort: flag },
          variable === undefined
            ? {}
            : { ELIDA_PORT: `${variable}`, ELIDA_CONTROL_PORT: `${variable}`, ELIDA_METRICS_PORT: `${variable}` },
          inFile === undefined
            ? {}
            : {
                listen: `h:${inFile}`,
                control: { listen: `h:${inFile}` },
                metrics: { listen: `h:${inFile}` },
              },
        );
        expect(wiring.proxy.port).toBe(flag ?? variable ?? inFile ?? 8080);
        expect(wiring.control.port).toBe(flag ?? variable ?? inFile ?? 9090);
        expect(wiring.metrics.port).toBe(flag ?? variable ?? inFile ?? 9091);
      }),
    );
  });
});

describe('a listener beyond loopback', () => {
  const exposed = (file: object, client = false, host = '0.0.0.0') =>
    exposureProblems(wire({ host }, {}, file), fileSchema.parse(file), { client }).map(({ path }) => path);

  test('is refused where nobody is told apart', () => {
    expect(exposed({})).toEqual(['proxy.auth']);
    expect(exposed({ proxy: { auth: { enabled: false, api_key: 'k' } } }, true)).toEqual(['proxy.auth']);
    expect(exposed({ proxy: { auth: { enabled: true } }, control: { auth: { enabled: false } } })).toEqual([
      'control.auth',
    ]);
  });

  test('is allowed with keys, trusted networks, or the explicit word', () => {
    expect(exposed({}, true)).toEqual([]);
    expect(exposed({ proxy: { auth: { api_key: 'k' } } })).toEqual([]);
    expect(exposed({ proxy: { auth: { trusted_networks: ['10.0.0.0/8'] } } })).toEqual([]);
    expect(exposed({ proxy: { auth: { allow_insecure: true } } })).toEqual([]);
  });

  test('does not concern loopback in any spelling', () => {
    for (const host of ['127.0.0.1', '127.8.9.1', 'localhost', '::1']) expect(exposed({}, false, host)).toEqual([]);
    for (const host of ['0.0.0.0', '::', '127.evil.example', 'localhost.evil.example', '10.0.0.1']) {
      expect(exposed({}, false, host)).toEqual(['proxy.auth']);
    }
  });
});
