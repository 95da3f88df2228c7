/** The status page and the browsable API. No data in them: what they show they ask of the API, as their reader may. */
import { createHash } from 'node:crypto';
import { openApiDocument } from '@elida/contracts/api';
import type { Route } from '@elida/http';
import { headerOf } from '@elida/http';
import { type Asset, readAsset } from './assets.ts';

/** Own files only, nothing inline, nothing from elsewhere. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** URL → file. */
const FILES: Readonly<Record<string, string>> = {
  '/': 'console.html',
  '/console.css': 'console.css',
  '/console.js': 'console.js',
  '/docs': 'docs.html',
  '/docs/docs.css': 'docs.css',
  '/docs/docs.js': 'docs.js',
  '/docs/swagger-ui.css': 'swagger-ui.css',
  '/docs/swagger-ui-bundle.js': 'swagger-ui-bundle.js',
};

function pageRoute(url: string, { type, body }: Asset): Route {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = { 'content-type': type, etag, 'cache-control': 'no-cache', 'content-security-policy': PAGE_POLICY };
  return {
    method: 'GET',
    url,
    access: 'public',
    handle: (visit) =>
      headerOf(visit, 'if-none-match') === etag ? { status: 304, headers } : { status: 200, headers, body },
  };
}

/** @throws Error where a file is missing. */
export async function pageRoutes(version: string): Promise<Route[]> {
  const files = Object.entries(FILES).map(async ([url, name]) => pageRoute(url, await readAsset(name)));
  const document = Buffer.from(`${JSON.stringify(openApiDocument(version))}\n`);
  const api = pageRoute('/api/v1/openapi.json', { type: 'application/json; charset=utf-8', body: document });
  return [...(await Promise.all(files)), api];
}
