// An empty NestJS application: nothing but its start.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class Ready {
  readyz() {
    return 'ok';
  }
}
Get('readyz')(Ready.prototype, 'readyz', Object.getOwnPropertyDescriptor(Ready.prototype, 'readyz'));
Controller()(Ready);
class App {}
Module({ controllers: [Ready] })(App);
const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
await app.listen(Number(process.argv[2]), '127.0.0.1');
