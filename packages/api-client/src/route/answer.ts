import type { JsonObject } from '@portcullis/kernel/json'
import { z } from '@portcullis/kernel/schema'
import { PROBLEM_TYPE, problem } from '../problem.ts'

/** Any JSON object. Its members are not described: zod's own type for them is endless, which the document cannot be. */
export const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>

/** A JSON body that must be there. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true as const, content: { 'application/json': { schema } } }
}

/** A JSON answer. */
export function json<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { 'application/json': { schema } } }
}

/** Every refusal of every route. */
export const refusal = {
  description: 'Refused. The problem says why and what to do.',
  content: { [PROBLEM_TYPE]: { schema: problem } },
}
