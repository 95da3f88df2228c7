import { describe, expect, test } from 'vitest';
import { foreignReason } from './foreign-request.ts';

describe('a request from this machine', () => {
  test.each([
    {},
    { host: 'localhost:8080' },
    { host: 'LOCALHOST.' },
    { host: 'elida:8080' },
    { host: '127.0.0.1:8080' },
    { host: '[::1]:8080' },
    { host: 'app.localhost' },
    { host: 'localhost', origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' },
    { host: 'localhost', origin: 'https://[::1]:3000' },
    { host: 'localhost', origin: 'vscode-webview://1a2b', 'sec-fetch-site': 'cross-site' },
    { host: 'localhost', 'sec-fetch-site': 'same-origin' },
  ])('%j is local', (headers) => {
    expect(foreignReason(headers)).toBeNull();
  });

  test.each([
    { host: 'evil.example' },
    { host: 'evil.example.:8080' },
    { host: '127.0.0.1.evil.example' },
    { host: 'localhost.evil.example' },
    { host: 'localhost', origin: 'http://evil.example' },
    { host: 'localhost', origin: 'https://localhost.evil.example' },
    { host: 'localhost', origin: 'http://127.0.0.1.evil.example' },
    { host: 'localhost', origin: 'http://localhost@evil.example' },
    { host: 'localhost', origin: 'http://192.168.1.7' },
    { host: 'localhost', origin: 'null' },
    { host: 'localhost', origin: 'http://localhost, http://evil.example' },
    { host: 'localhost', 'sec-fetch-site': 'cross-site' },
  ])('%j is not', (headers) => {
    expect(foreignReason(headers)).not.toBeNull();
  });
});
