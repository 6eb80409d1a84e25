// NestJS on Fastify; decorators are applied by hand, as there is no compiler here.
import 'reflect-metadata';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
  Req,
  Res,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import jwt from 'jsonwebtoken';
import { createOrder, key, order, port, readOrder } from './crud-common.mjs';

class TokenGuard {
  canActivate(context) {
    const request = context.switchToHttp().getRequest();
    try {
      request.user = jwt.verify((request.headers.authorization ?? '').slice(7), key, { algorithms: ['RS256'] });
      return true;
    } catch {
      throw new UnauthorizedException();
    }
  }
}
class ValidOrder {
  transform(value) {
    const parsed = order.safeParse(value);
    if (!parsed.success) throw new BadRequestException(parsed.error.issues);
    return parsed.data;
  }
}
class OrdersController {
  async read(id, request, reply) {
    const found = await readOrder(id, request.user.sub);
    if (!found) throw new NotFoundException();
    reply.header('etag', `"${found.version}"`);
    return found;
  }
  async create(body, request, reply) {
    const made = await createOrder(body, request.user.sub);
    reply.header('etag', `"${made.version}"`);
    return made;
  }
}
const { prototype } = OrdersController;
const method = (name, ...decorators) => {
  for (const decorate of decorators) decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
};
method('read', Get(':id'));
Param('id')(prototype, 'read', 0);
method('create', Post(), HttpCode(201));
Body(ValidOrder)(prototype, 'create', 0);
for (const name of ['read', 'create']) {
  Req()(prototype, name, 1);
  Res({ passthrough: true })(prototype, name, 2);
}
Controller('orders')(OrdersController);
UseGuards(TokenGuard)(OrdersController);
class App {}
Module({ controllers: [OrdersController] })(App);

const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
await app.listen(Number(port), '127.0.0.1');
