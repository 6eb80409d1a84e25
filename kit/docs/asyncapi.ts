import type { Contract } from '#contracts/common/define.ts';
import { schemaOf } from './openapi.ts';

/** AsyncAPI 3 of every event: who sends it, who receives it and for which row of the specification. */
export function asyncApi(contracts: readonly Contract[], options: { version: string }): Record<string, unknown> {
  const channels: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  for (const contract of contracts) {
    for (const definition of Object.values(contract.events)) {
      const key = definition.type.replaceAll('.', '_');
      channels[key] = {
        address: definition.type,
        description: `${definition.summary}. Subject: ${definition.subject}.`,
        messages: {
          event: {
            name: definition.type,
            contentType: 'application/cloudevents+json',
            payload: cloudEvent(definition.type, contract.name, schemaOf(definition.data, 'output')),
          },
        },
      };
      operations[`${contract.name}_sends_${key}`] = {
        action: 'send',
        channel: { $ref: `#/channels/${key}` },
        summary: `${contract.name}: ${definition.summary}`,
      };
    }
  }
  for (const contract of contracts) {
    for (const { event, row } of Object.values(contract.consumes)) {
      const key = event.type.replaceAll('.', '_');
      operations[`${contract.name}_receives_${key}`] = {
        action: 'receive',
        channel: { $ref: `#/channels/${key}` },
        summary: `${contract.name} (${row})`,
      };
    }
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Artel events',
      version: options.version,
      license: { name: 'Apache-2.0' },
      description: 'CloudEvents 1.0 in structured JSON on one topic exchange; the type is the routing key.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels,
    operations,
  };
}

function cloudEvent(type: string, service: string, data: unknown): unknown {
  return {
    type: 'object',
    required: ['specversion', 'id', 'type', 'source', 'subject', 'time', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', format: 'uuid' },
      type: { const: type },
      source: { const: `/services/${service}` },
      subject: { type: 'string' },
      time: { type: 'string', format: 'date-time' },
      sequence: { type: 'string' },
      traceparent: { type: 'string' },
      data,
    },
  };
}
