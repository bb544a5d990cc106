import { z } from '@portcullis/kernel/schema'
import { finding } from '@portcullis/model/finding/finding'

/** Everything that was refused, as RFC 9457 writes it, with our stable code and what to do about it. */
export const problem = z.object({
  type: z.string().max(512),
  title: z.string().max(512),
  status: z.int(),
  detail: z.string().max(8192).optional(),
  code: z.string().max(128),
  remedy: z.string().max(8192),
  findings: z.array(finding).max(10_000).optional(),
})
export type Problem = z.infer<typeof problem>

export const PROBLEM_TYPE = 'application/problem+json'
