import { name, z } from '@portcullis/kernel/schema'
import { exampleReplies } from './example-reply.ts'
import { security, securityScheme } from './security.ts'

export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type Method = (typeof methods)[number]

/** A kind of data that has rules of its own, such as `healthcare`. */
export const dataClass = name()

/** One method on one path template of a contract. */
export const operation = z.strictObject({
  /** The contract's `operationId`, or `METHOD /template` where it has none. Unique in the contract. */
  id: z.string().min(1).max(512),
  method: z.enum(methods),
  /** The path template, below the API version's base path. */
  path: z.string().startsWith('/').max(2048),
  /** The requirement in effect: the operation's own, else the contract's. */
  security,
  /** What kinds of data it takes or gives, as the contract's `x-data-class` says; absent where it says nothing. */
  dataClasses: z.array(dataClass).min(1).max(64).optional(),
  /** The replies that the contract shows as examples; absent where it shows none. */
  replies: exampleReplies.optional(),
})
export type Operation = z.infer<typeof operation>

/** What the compiler keeps of an OpenAPI document: all that is enforced, granted, shown or explained. */
export const contract = z.strictObject({
  title: z.string(),
  operations: z.array(operation),
  /** Every scope that the contract declares, with the description that people are shown. */
  scopes: z.record(z.string(), z.string()),
  schemes: z.record(z.string(), securityScheme),
})
export type Contract = z.infer<typeof contract>
