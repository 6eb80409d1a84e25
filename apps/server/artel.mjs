#!/usr/bin/env node
/**
 * The `artel` command. The only place that reads the process's environment. Plain JavaScript: it is read before the compile
 * cache is there, and types in it would have each start load the engine's stripper for this file alone.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// What the engine made of the sources is kept beside the packages, so that only the first start compiles them. Before any of
// them is loaded, hence the import below. Where nothing can be written there, each start compiles.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/artel', import.meta.url)));
const { runProgram } = await import('./program.ts');
const failed = await runProgram(process.argv, process.env);
if (failed !== undefined) process.exitCode = failed;
