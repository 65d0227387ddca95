import assert from "node:assert/strict";
import { test } from "node:test";
import { type ExchangeId, exchangeId } from "../../src/coap/events.ts";
import { OpenExchanges } from "../../src/coap/open-exchanges.ts";

interface Exchange {
  readonly id: ExchangeId;
}

function open(exchanges: OpenExchanges<Exchange>): Exchange {
  const exchange = { id: exchanges.next() ?? assert.fail("no place") };
  exchanges.add(exchange);
  return exchange;
}

test("IDs count up, and none is given twice", () => {
  const exchanges = new OpenExchanges<Exchange>(2);
  const ids = [1, 2, 3, 4, 5].map(() => {
    const exchange = open(exchanges);
    exchanges.remove(exchange);
    return exchange.id;
  });
  assert.deepEqual(ids, [1, 2, 3, 4, 5]);
  assert.equal(exchanges.size, 0);
});

test("an exchange that takes long keeps its place, and the others go round it", () => {
  const exchanges = new OpenExchanges<Exchange>(3);
  const slow = open(exchanges);
  for (let i = 0; i < 10; i++) exchanges.remove(open(exchanges));
  assert.equal(exchanges.get(slow.id), slow);
  assert.deepEqual(exchanges.all(), [slow]);
});

test("an ID that is over means nothing, also where another stands in its place", () => {
  const exchanges = new OpenExchanges<Exchange>(1);
  const first = open(exchanges);
  exchanges.remove(first);
  const second = open(exchanges);
  assert.equal(exchanges.get(first.id), undefined);
  exchanges.remove(first);
  assert.equal(exchanges.get(second.id), second);
  assert.equal(exchanges.get(exchangeId(99)), undefined);
});

test("where every place is taken there is no ID", () => {
  const exchanges = new OpenExchanges<Exchange>(2);
  const first = open(exchanges);
  open(exchanges);
  assert.equal(exchanges.next(), undefined);
  exchanges.remove(first);
  assert.notEqual(exchanges.next(), undefined);
});
