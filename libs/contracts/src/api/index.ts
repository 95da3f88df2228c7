/** The control plane's API as data: operations, their schemas, the OpenAPI document made from them. */
export * from './backend-view.ts';
export * from './event-view.ts';
export * from './health-view.ts';
export * from './key-view.ts';
export * from './metering-view.ts';
export * from './openapi.ts';
export * from './operation.ts';
export * from './operations.ts';
export * from './order-view.ts';
export * from './page.ts';
export * from './permission.ts';
export * from './policy-view.ts';
export * from './risk-view.ts';
export * from './session-view.ts';
export * from './usage-view.ts';
export * from './violation-view.ts';
