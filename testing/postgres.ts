import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Client } from 'pg';
import { brokerVariable } from './test-server.ts';

/** A database that belongs to one test (or one test file). */
export interface TestDatabase {
  /** As a superuser. */
  url: string;
  /** Closes its connections by force and deletes it. */
  drop(): Promise<void>;
}

/**
 * A fresh, empty database: on TEST_DATABASE_URL's server if that is set (a role that may create databases), otherwise on
 * the embedded PostgreSQL 18 that all tests of this run share. About 30 ms; the first call of a run starts the server
 * (about a second).
 */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await testServerUrl();
  const name = `t_${process.pid}_${randomBytes(6).toString('hex')}`;
  // Copying template1 takes half the time of template0, but on a server of others somebody may be connected to it.
  const template = process.env.TEST_DATABASE_URL ? 'template0' : 'template1';
  await execute(server, `create database ${name} template ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => execute(server, `drop database if exists ${name} with (force)`),
  };
}

/** The test server's URL, database included, as a superuser: for what concerns a whole server, such as roles. */
export async function testServerUrl(): Promise<string> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return given;
  const port = Number(process.env[brokerVariable]);
  if (!port) throw new Error('no test database: run under vitest (testing/global-setup.ts), or set TEST_DATABASE_URL');
  const [verdict, rest] = splitOnce(await askBroker(port));
  if (verdict !== 'ok') throw new Error(`the test database did not start: ${rest}`);
  return rest;
}

function splitOnce(answer: string): [string, string] {
  const space = answer.indexOf(' ');
  return space < 0 ? [answer, ''] : [answer.slice(0, space), answer.slice(space + 1)];
}

function askBroker(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('end', () => resolve(answer));
    socket.once('error', reject);
  });
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
