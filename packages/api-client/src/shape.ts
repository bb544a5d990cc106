import type { z } from '@portcullis/kernel/schema'

/** A route, as far as a client has to know it. */
export interface AnyRoute {
  readonly method: string
  readonly path: string
  readonly request?: object
  readonly responses: object
}

interface JsonContent<S> {
  content: { 'application/json': { schema: S } }
}

type Part<R, Name extends string, Key extends string> = R extends {
  request: { [N in Name]: infer S extends z.ZodType }
}
  ? { [K in Key]: z.input<S> }
  : unknown

type BodyPart<R> = R extends { request: { body: JsonContent<infer S extends z.ZodType> } }
  ? { body: z.input<S> }
  : unknown

/** What a call of the route must be given, and nothing that the route does not take. */
export type Input<R extends AnyRoute> = Part<R, 'params', 'params'> & Part<R, 'query', 'query'> & BodyPart<R>

/** What a call of the route resolves to. */
export type Answer<R extends AnyRoute> = R['responses'] extends {
  200: JsonContent<infer S extends z.ZodType>
}
  ? z.output<S>
  : R['responses'] extends { 201: JsonContent<infer S extends z.ZodType> }
    ? z.output<S>
    : undefined

/** The schema of a success, where the route answers with JSON. */
export function answerSchema(route: AnyRoute, status: number): z.ZodType | undefined {
  const response = (route.responses as Record<number, Partial<JsonContent<z.ZodType>> | undefined>)[status]
  return response?.content?.['application/json']?.schema
}
