import type { Json, JsonObject } from '@portcullis/kernel/json'
import { cedarFaults } from '../fault.ts'
import type { Code } from './code.ts'

/** Compiles a part of the node that is being compiled. */
export type CompilePart = (node: Json | undefined) => Code

/** How one kind of node is compiled, from what stands under its key. */
export type CompileNode = (content: Json, compile: CompilePart) => Code

export function unsupported(what: string): Error {
  return cedarFaults.unsupported({ detail: what })
}

export function objectOf(json: Json | undefined, where: string): JsonObject {
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw unsupported(`${where}: no object`)
  return json as JsonObject
}

export function listOf(json: Json | undefined, where: string): readonly Json[] {
  if (!Array.isArray(json)) throw unsupported(`${where}: no list`)
  return json
}

export function textOf(json: Json | undefined, where: string): string {
  if (typeof json !== 'string') throw unsupported(`${where}: no text`)
  return json
}

/** The members of an object that has no others. */
export function membersOf(json: Json | undefined, where: string, names: readonly string[]): JsonObject {
  const object = objectOf(json, where)
  for (const name of Object.keys(object)) {
    if (!names.includes(name)) throw unsupported(`${where}: unknown member "${name}"`)
  }
  return object
}
