export type Signal = 'traces' | 'logs' | 'metrics';

const GRPC_PORT = '4317';
const HTTP_PORT = '4318';

/**
 * @param endpoint as given by people: `http://collector:4318`, with or without a signal's path; `host:port` too.
 * @param insecure for an endpoint without a scheme: plain HTTP.
 * @throws TypeError where it is no URL. The gRPC port becomes the HTTP port beside it: that is what we speak.
 */
export function otlpUrl(endpoint: string, insecure: boolean, signal: Signal): string {
  const url = new URL(endpoint.includes('://') ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`);
  if (url.port === GRPC_PORT) url.port = HTTP_PORT;
  const base = url.pathname.replace(/\/v1\/(traces|logs|metrics)$/, '').replace(/\/+$/, '');
  url.pathname = `${base}/v1/${signal}`;
  return url.href;
}
