import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  type CallContext,
  currentCall,
  newCall,
  parseTraceparent,
  remainingMs,
  runInCall,
  traceparent,
} from '../call-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test('the context follows the call, also when calls overlap', async () => {
  const calls = Array.from({ length: 20 }, () => newCall({ timeoutMs: 1_000 }));
  const seen = await Promise.all(
    calls.map((call) =>
      runInCall(call, async () => {
        await turn();
        return await Promise.resolve().then(() => currentCall());
      }),
    ),
  );
  expect(seen).toEqual(calls);
  expect(seen.every((call, i) => call === calls[i])).toBe(true);
  expect(currentCall()).toBeUndefined();
});

test('what work returns or throws comes back', () => {
  const call = newCall({ timeoutMs: 1 });
  expect(runInCall(call, () => 5)).toBe(5);
  expect(() =>
    runInCall(call, () => {
      throw new Error('no');
    }),
  ).toThrow('no');
});

test('a call that begins here has ids of its own', () => {
  const ids = Array.from({ length: 2_000 }, () => newCall({ timeoutMs: 1 }));
  for (const { traceId, spanId, requestId } of ids) {
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(requestId).toMatch(/^[0-9a-f]{32}$/);
  }
  expect(new Set(ids.map((id) => id.traceId)).size).toBe(2_000);
  expect(new Set(ids.map((id) => id.spanId)).size).toBe(2_000);
  expect(ids[0]).toMatchObject({ sampled: true, entry: { parentSpanId: undefined, taken: false } });
});

test('a traceparent is continued under a span of its own', () => {
  const call = newCall({ traceparent: `00-${TRACE}-${SPAN}-01`, timeoutMs: 1 });
  expect(call).toMatchObject({ traceId: TRACE, sampled: true, entry: { parentSpanId: SPAN } });
  expect(call.spanId).not.toBe(SPAN);
  expect(traceparent(call)).toBe(`00-${TRACE}-${call.spanId}-01`);
  const unsampled = newCall({ traceparent: `00-${TRACE}-${SPAN}-02`, timeoutMs: 1 });
  expect(unsampled.sampled).toBe(false);
  expect(traceparent(unsampled)).toMatch(/-00$/);
});

test('a later version is read by what it shares with this one', () => {
  expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`)).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    sampled: true,
  });
});

test.each([
  '',
  'garbage',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-0`,
  `00-${TRACE}-${SPAN}-01garbage`,
  ` 00-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}`,
])('"%s" begins a new trace', (header) => {
  const call = newCall({ traceparent: header, timeoutMs: 1 });
  expect(call.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(call.traceId).not.toBe(TRACE);
  expect(call.entry?.parentSpanId).toBeUndefined();
});

test.each([
  ['abcdefgh', true],
  ['0192f0c1-7b1d-7000-8000-000000000000', true],
  ['short', false],
  ['x'.repeat(65), false],
  ['with space', false],
  ['line\nfeed-injected', false],
  ['<script>alert(1)</script>', false],
])('request id %j is taken over: %s', (requestId, taken) => {
  expect(newCall({ requestId, timeoutMs: 1 }).requestId === requestId).toBe(taken);
});

test('the deadline is real time from now', () => {
  const before = Date.now();
  const call = newCall({ timeoutMs: 5_000 });
  expect(call.deadline).toBeGreaterThanOrEqual(before + 5_000);
  expect(remainingMs(call)).toBeLessThanOrEqual(5_000);
  const late: CallContext = { ...call, deadline: before - 10 };
  expect(remainingMs(late)).toBeLessThan(0);
});
