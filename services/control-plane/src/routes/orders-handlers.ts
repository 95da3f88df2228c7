import type { Parts } from '../parts.ts';
import { createOrder } from './create-order/handler.ts';
import { editBlock } from './edit-block/handler.ts';
import { getBlock } from './get-block/handler.ts';
import { getOrder } from './get-order/handler.ts';
import { liftBlock } from './lift-block/handler.ts';
import { listBlocks } from './list-blocks/handler.ts';
import { listOrders } from './list-orders/handler.ts';

export const ordersHandlers = (parts: Parts) => ({
  createOrder: createOrder(parts),
  listOrders: listOrders(parts),
  getOrder: getOrder(parts),
  listBlocks: listBlocks(parts),
  getBlock: getBlock(parts),
  editBlock: editBlock(parts),
  liftBlock: liftBlock(parts),
});
