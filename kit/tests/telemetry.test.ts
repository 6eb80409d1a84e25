import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CallContext, currentCall, newCall, runInCall, traceparent } from '../call-context.ts';
import { createLogger } from '../log.ts';
import { Problem } from '../problem.ts';
import { createTelemetry, type Telemetry, type TelemetryOptions } from '../telemetry.ts';
import { failureNotice } from '../telemetry/notice.ts';
import { mergePrometheus } from '../telemetry/prometheus-text.ts';
import { type OtlpSink, type SunkSpan, startOtlpSink } from './otlp-sink.ts';

let sink: OtlpSink;
const made: Telemetry[] = [];

beforeEach(async () => {
  sink = await startOtlpSink();
});

afterEach(async () => {
  sink.answer = 200;
  await Promise.all(made.splice(0).map((telemetry) => telemetry.shutdown()));
  await sink.close();
});

/** Exports only when it is flushed, unless a test says otherwise. */
async function make(options: Partial<TelemetryOptions> = {}): Promise<Telemetry> {
  const telemetry = await createTelemetry({
    service: 'orders',
    version: '1.2.3',
    otlpEndpoint: sink.url,
    exportEveryMs: 600_000,
    ...options,
  });
  made.push(telemetry);
  return telemetry;
}

function spanNamed(name: string): SunkSpan {
  const found = sink.spans.filter((span) => span.name === name);
  expect(found, `spans named ${name}`).toHaveLength(1);
  return found[0] as SunkSpan;
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const REMOTE = `00-${TRACE}-b7ad6b7169203331-01`;

describe('spans', () => {
  test('a call from elsewhere continues its trace; what is sent on names the running span', async () => {
    const telemetry = await make();
    let outgoing = '';
    await runInCall(newCall({ traceparent: REMOTE, timeoutMs: 1_000 }), () =>
      telemetry.span('GET /orders', 'server', { 'http.route': '/orders' }, async (span) => {
        span.set({ 'http.response.status_code': 200 });
        await telemetry.span('call users.get', 'client', {}, async () => {
          outgoing = traceparent(currentCall() as CallContext);
        });
      }),
    );
    await telemetry.flush();
    const server = spanNamed('GET /orders');
    const client = spanNamed('call users.get');
    expect(server).toMatchObject({ service: 'orders', kind: 2, traceId: TRACE, parentSpanId: 'b7ad6b7169203331' });
    expect(server.attributes).toEqual({ 'http.route': '/orders', 'http.response.status_code': 200 });
    expect(client).toMatchObject({ kind: 3, traceId: TRACE, parentSpanId: server.spanId });
    expect(outgoing).toBe(`00-${TRACE}-${client.spanId}-01`);
  });

  test('a trace that begins here has one root, and every parent in it exists', async () => {
    const telemetry = await make();
    await runInCall(newCall({ timeoutMs: 1_000 }), async () => {
      await telemetry.span('job sweep', 'internal', {}, async () => {
        await telemetry.span('db select', 'client', {}, async () => {});
      });
      await telemetry.span('db later', 'client', {}, async () => {});
    });
    await telemetry.flush();
    const root = spanNamed('job sweep');
    expect(root.parentSpanId).toBe('');
    expect(spanNamed('db select').parentSpanId).toBe(root.spanId);
    expect(spanNamed('db later').parentSpanId).toBe(root.spanId);
    expect(new Set(sink.spans.map((span) => span.traceId)).size).toBe(1);
  });

  test('spans side by side do not become each other’s parents', async () => {
    const telemetry = await make();
    const one = (name: string) =>
      telemetry.span(name, 'internal', {}, () => telemetry.span(`${name} inner`, 'client', {}, async () => {}));
    await runInCall(newCall({ timeoutMs: 1_000 }), () =>
      telemetry.span('root', 'server', {}, () => Promise.all([one('a'), one('b')])),
    );
    await telemetry.flush();
    const root = spanNamed('root');
    for (const name of ['a', 'b']) {
      expect(spanNamed(name).parentSpanId).toBe(root.spanId);
      expect(spanNamed(`${name} inner`).parentSpanId).toBe(spanNamed(name).spanId);
    }
    expect(new Set(sink.spans.map((span) => span.spanId)).size).toBe(5);
  });

  test('services of one process keep their names', async () => {
    const orders = await make();
    const users = await make({ service: 'users' });
    await runInCall(newCall({ timeoutMs: 1_000 }), () =>
      orders.span('call users', 'client', {}, () => users.span('GET /users', 'server', {}, async () => {})),
    );
    await Promise.all([orders.flush(), users.flush()]);
    expect(spanNamed('call users').service).toBe('orders');
    expect(spanNamed('GET /users')).toMatchObject({ service: 'users', parentSpanId: spanNamed('call users').spanId });
  });

  test('a gateway records the entry at its end, and is the parent of what it called', async () => {
    const telemetry = await make();
    const call = newCall({ traceparent: REMOTE, timeoutMs: 1_000, recordsEntry: true });
    await runInCall(call, () => telemetry.span('check', 'internal', {}, async () => {}));
    runInCall(call, () =>
      telemetry.record('GET /api', 'server', { a: 1 }, 1_700_000_000_000, 1_700_000_000_250, 'ok', call),
    );
    await telemetry.flush();
    const entry = spanNamed('GET /api');
    expect(entry).toMatchObject({
      traceId: TRACE,
      parentSpanId: 'b7ad6b7169203331',
      startMs: 1_700_000_000_000,
      endMs: 1_700_000_000_250,
    });
    expect(spanNamed('check').parentSpanId).toBe(entry.spanId);
  });

  test('record makes a child of the running span or of a traceparent', async () => {
    const telemetry = await make();
    const now = Date.now();
    await runInCall(newCall({ timeoutMs: 1_000 }), () =>
      telemetry.span('outer', 'server', {}, async () =>
        telemetry.record('inner', 'internal', {}, now, now + 5, 'error'),
      ),
    );
    telemetry.record('publish', 'producer', {}, now, now + 1, 'ok', REMOTE);
    telemetry.record('dropped', 'producer', {}, now, now + 1, 'ok', REMOTE.replace(/01$/, '00'));
    await telemetry.flush();
    expect(spanNamed('inner')).toMatchObject({ parentSpanId: spanNamed('outer').spanId, status: 2 });
    expect(spanNamed('publish')).toMatchObject({ kind: 4, traceId: TRACE, parentSpanId: 'b7ad6b7169203331' });
    expect(sink.spans.map((span) => span.name)).not.toContain('dropped');
  });

  test('a batch links the messages it took; what is no traceparent is left out', async () => {
    const telemetry = await make();
    await telemetry.span('batch', 'consumer', {}, async () => {}, { links: [REMOTE, 'garbage'] });
    await telemetry.flush();
    expect(spanNamed('batch').links).toEqual([{ traceId: TRACE, spanId: 'b7ad6b7169203331' }]);
  });

  test('an error is recorded by its code and thrown on; its message stays here; an expected one is no fault', async () => {
    const telemetry = await make();
    const failing = (name: string, error: unknown, isFault?: () => boolean) =>
      telemetry.span(name, 'server', {}, () => Promise.reject(error), { isFault });
    await expect(failing('fault', new Error('canary-7391'))).rejects.toThrow('canary-7391');
    await expect(failing('refused', new Problem('not_found'), () => false)).rejects.toThrow('not_found');
    await expect(failing('sql', Object.assign(new Error('x'), { code: '23505' }))).rejects.toThrow();
    await telemetry.flush();
    expect(spanNamed('fault')).toMatchObject({ status: 2, attributes: { 'error.type': 'Error' } });
    expect(spanNamed('refused')).toMatchObject({ status: 0, attributes: { 'error.type': 'not_found' } });
    expect(spanNamed('sql').attributes).toEqual({ 'error.type': '23505' });
    expect(JSON.stringify(sink.spans)).not.toContain('canary-7391');
  });

  test('an unsampled call records nothing and says so to the next hop', async () => {
    const telemetry = await make();
    const seen: string[] = [];
    const look = async () => void seen.push(traceparent(currentCall() as CallContext));
    await runInCall(newCall({ traceparent: REMOTE.replace(/01$/, '00'), timeoutMs: 1_000 }), () =>
      telemetry.span('a', 'server', {}, look),
    );
    const none = await make({ sampleRatio: 0 });
    await runInCall(newCall({ timeoutMs: 1_000 }), () => none.span('b', 'server', {}, look));
    await Promise.all([telemetry.flush(), none.flush()]);
    expect(sink.spans).toEqual([]);
    expect(seen.map((header) => header.slice(-2))).toEqual(['00', '00']);
  });

  test('every service decides the same about a trace, and the ratio is kept', async () => {
    const one = await make({ sampleRatio: 0.25 });
    const other = await make({ service: 'users', sampleRatio: 0.25 });
    for (let i = 0; i < 400; i++) {
      const call = newCall({ timeoutMs: 1_000 });
      await runInCall({ ...call, entry: undefined }, async () => {
        await one.span('one', 'server', {}, async () => {});
        await other.span('other', 'server', {}, async () => {});
      });
    }
    await Promise.all([one.flush(), other.flush()]);
    const traces = (service: string) =>
      new Set(sink.spans.filter((span) => span.service === service).map((span) => span.traceId));
    expect(traces('orders')).toEqual(traces('users'));
    expect(traces('orders').size).toBeGreaterThan(50);
    expect(traces('orders').size).toBeLessThan(160);
  });

  test('without an endpoint the context is handed on untouched', async () => {
    const telemetry = await make({ otlpEndpoint: undefined });
    const call = newCall({ traceparent: REMOTE, timeoutMs: 1_000 });
    const inside = await runInCall(call, () => telemetry.span('a', 'server', {}, async () => currentCall()));
    expect(inside).toBe(call);
    expect(sink.requests).toEqual([]);
  });
});

describe('export', () => {
  test('in intervals, with the headers that are set, to both paths', async () => {
    const telemetry = await make({ exportEveryMs: 20, otlpHeaders: 'x-key=a%20b,x-other=2' });
    telemetry.counter('jobs', { description: 'Jobs' }).add(1);
    await telemetry.span('alone', 'internal', {}, async () => {});
    await expect.poll(() => sink.spans.length).toBe(1);
    await expect.poll(() => [...sink.metrics]).toContain('orders jobs');
    expect(new Set(sink.requests.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/metrics']));
    for (const { headers } of sink.requests)
      expect(headers).toMatchObject({ 'x-key': 'a b', 'x-other': '2', 'content-type': 'application/json' });
  });

  test('shutdown sends what has gathered, also twice', async () => {
    const telemetry = await make();
    for (let i = 0; i < 3_000; i++) telemetry.record('many', 'internal', {}, 1, 2, 'ok');
    await telemetry.shutdown();
    await telemetry.shutdown();
    expect(sink.spans).toHaveLength(3_000);
    expect(await telemetry.prometheusText()).toBe('');
  });

  test('flush waits for the batch that is on its way already', async () => {
    // The first tells the process's metrics; the second has nothing to send but spans.
    const [, telemetry] = await Promise.all([make(), make({ service: 'users' })]);
    // As many as make a full batch: it leaves by itself.
    for (let i = 0; i < 1_024; i++) telemetry.record('many', 'internal', {}, 1, 2, 'ok');
    await telemetry.flush();
    expect(sink.spans).toHaveLength(1_024);
  });

  test('a collector that refuses is said once, whichever services export to it, and breaks nothing', async () => {
    sink.answer = 400;
    const lines: string[] = [];
    const log = createLogger({ level: 'debug', pretty: false, write: (line) => lines.push(line) });
    const otlpEndpoint = sink.url.replace('//', '//user:canary-55@');
    const services = await Promise.all(['a', 'b'].map((service) => make({ service, log, otlpEndpoint })));
    for (let round = 0; round < 3; round++) {
      for (const telemetry of services) {
        telemetry.record('span', 'internal', {}, 1, 2, 'ok');
        await telemetry.flush();
      }
    }
    expect(sink.requests.filter(({ path }) => path === '/v1/traces')).toHaveLength(6);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('could not be exported');
    expect(lines[0]).not.toContain('canary-55');
  });

  test('a collector that hangs holds neither the work nor the end', async () => {
    sink.answer = 'hang';
    const telemetry = await make({ exportTimeoutMs: 600_000 });
    expect(await telemetry.span('a', 'server', {}, async () => 'done')).toBe('done');
    await telemetry.shutdown();
  });

  test('a collector that is away is said by its reason', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => void closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => void closed.close(resolve));
    const lines: string[] = [];
    const log = createLogger({ level: 'warn', pretty: false, write: (line) => lines.push(line) });
    const telemetry = await make({ log, otlpEndpoint: `http://127.0.0.1:${port}`, exportTimeoutMs: 300 });
    telemetry.record('span', 'internal', {}, 1, 2, 'ok');
    await telemetry.flush();
    expect(lines.join()).toContain('ECONNREFUSED');
  });

  test('a notice comes once in its time and counts what it kept silent', () => {
    let now = 0;
    const said: string[] = [];
    const notice = failureNotice(
      (message) => said.push(message),
      60_000,
      () => now,
    );
    for (now = 0; now < 60_000; now += 1_000) notice('spans', new Error('down'));
    expect(said).toHaveLength(1);
    now = 60_000;
    notice('spans', new AggregateError([Object.assign(new Error(''), { code: 'ECONNREFUSED' })]));
    expect(said[1]).toContain('ECONNREFUSED, and 59 more');
  });
});

describe('metrics', () => {
  test('are told to Prometheus with unit, buckets and the service’s name', async () => {
    const telemetry = await make({ otlpEndpoint: undefined });
    const duration = { unit: 's', description: 'Duration of calls' };
    telemetry.histogram('http.server.request.duration', duration).record(0.003, { 'http.route': '/a' });
    telemetry.histogram('http.server.request.duration', duration).record(2, { 'http.route': '/a' });
    telemetry.counter('events.published', { description: 'Events' }).add(2);
    telemetry.counter('events.published', { description: 'Events' }).add(3);
    const text = await telemetry.prometheusText();
    expect(text).toContain('# TYPE http_server_request_duration_seconds histogram');
    expect(text).toContain('http_server_request_duration_seconds_count{http_route="/a",service_name="orders"} 2');
    expect(text).toContain(
      'http_server_request_duration_seconds_bucket{http_route="/a",service_name="orders",le="0.005"} 1',
    );
    expect(text).toContain('events_published_total{service_name="orders"} 5');
    expect(text).toMatch(/target_info\{.*service_version="1\.2\.3"/);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('gauges ask when they are read; the last of a name counts; one that throws or hangs harms no other', async () => {
    const telemetry = await make({ otlpEndpoint: undefined });
    let depth = 7;
    telemetry.gauge('queue.depth', { description: 'Waiting' }, () => 1);
    telemetry.gauge('queue.depth', { description: 'Waiting' }, () => Promise.resolve(depth));
    telemetry.gauge('sockets', { description: 'Open' }, () => [
      { value: 1, attributes: { kind: 'a' } },
      { value: 2, attributes: { kind: 'b' } },
    ]);
    telemetry.gauge('broken', { description: 'Throws' }, () => {
      throw new Error('no');
    });
    telemetry.gauge('hung', { description: 'Hangs' }, () => new Promise(() => {}));
    const text = await telemetry.prometheusText();
    expect(text).toContain('queue_depth{service_name="orders"} 7');
    expect(text).toContain('sockets{kind="b",service_name="orders"} 2');
    expect(text).not.toMatch(/^(broken|hung)\{/m);
    const quick = await make({ service: 'users', otlpEndpoint: undefined });
    quick.gauge('queue.depth', { description: 'Waiting' }, () => depth);
    await quick.prometheusText();
    depth = 9;
    expect(await quick.prometheusText()).toContain('queue_depth{service_name="users"} 9');
  });

  test('the process is told by one service, and by the next when that one ends', async () => {
    const first = await make({ otlpEndpoint: undefined });
    const second = await make({ service: 'users', otlpEndpoint: undefined });
    const rss = /^process_memory_usage_bytes\{service_name="orders"\} (\d+)$/m;
    expect(Number(rss.exec(await first.prometheusText())?.[1])).toBeGreaterThan(10_000_000);
    expect(await second.prometheusText()).not.toContain('process_memory_usage');
    const text = await first.prometheusText();
    for (const name of [
      'nodejs_eventloop_delay_p99_seconds',
      'nodejs_eventloop_utilization_ratio',
      'process_cpu_time_seconds_total',
    ])
      expect(text).toMatch(new RegExp(`^${name}\\{`, 'm'));
    await first.shutdown();
    const third = await make({ service: 'admin', otlpEndpoint: undefined });
    expect(await third.prometheusText()).toContain('process_memory_usage_bytes{service_name="admin"}');
  });

  test('the texts of several services make one exposition with each metric once', async () => {
    const services = await Promise.all(
      ['orders', 'users'].map((service) => make({ service, otlpEndpoint: undefined })),
    );
    for (const telemetry of services) telemetry.counter('calls', { description: 'Calls' }).add(1);
    services[1]?.counter('only.here', { description: 'Only' }).add(1);
    const text = mergePrometheus(await Promise.all(services.map((telemetry) => telemetry.prometheusText())));
    expect(text.match(/^# TYPE calls_total/gm)).toHaveLength(1);
    expect(text).toContain('calls_total{service_name="orders"} 1\ncalls_total{service_name="users"} 1\n');
    expect(text).toContain('only_here_total{service_name="users"} 1');
    expect(text.match(/^# HELP target_info/gm)).toHaveLength(1);
    expect(text.match(/^target_info\{/gm)).toHaveLength(2);
  });
});
