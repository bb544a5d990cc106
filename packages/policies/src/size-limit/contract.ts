import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'

/** 1 TiB: more than anybody means to send at once, and far from where numbers lose digits. */
const MAX_BYTES = 1_099_511_627_776

const bytes = (most: number) => z.int().min(1).max(most).optional()

const config = z
  .strictObject({
    maxBodyBytes: z
      .int()
      .min(0)
      .max(MAX_BYTES)
      .optional()
      .describe('The most that the body of a request may have; 0 for no body at all.'),
    maxTargetBytes: bytes(65_536).describe('The most that path and query together may have.'),
    maxFields: bytes(10_000).describe('The most header fields that a request may have.'),
    maxFieldBytes: bytes(65_536).describe('The most that name and value of one header field may have.'),
    maxHeadBytes: bytes(1_048_576).describe(
      'The most that all header fields together may have, names and values.',
    ),
    maxReplyBytes: bytes(MAX_BYTES).describe('The most that the body of a reply may have.'),
  })
  .refine((limits) => Object.values(limits).some((each) => each !== undefined), {
    message: 'at least one limit',
  })
export type SizeLimitConfig = z.infer<typeof config>

export const sizeLimitFaults = defineFaults('size-limit', {
  'body-too-large': {
    status: 413,
    title: 'The body is larger than this operation takes',
    remedy: 'Send less at once.',
  },
  'target-too-long': {
    status: 414,
    title: 'Path and query are longer than this operation takes',
    remedy: 'Ask for less at once, or send what the query holds in the body.',
  },
  'head-too-large': {
    status: 431,
    title: 'The header fields are larger or more than this operation takes',
    remedy: 'Send fewer or shorter header fields; cookies are often what is too long.',
  },
  'reply-too-large': {
    status: 502,
    title: 'The backend’s reply is larger than this operation gives out',
    remedy: 'Ask for less at once, such as a smaller page.',
  },
})

export const sizeLimitContract: PolicyContract<SizeLimitConfig> = {
  id: 'size-limit',
  summary: 'Limits how large requests and replies may be, body and header fields.',
  phase: 'connection',
  stacking: 'nearest',
  config,
  faults: sizeLimitFaults,
  body: { need: 'stream', maxBytes: MAX_BYTES },
  mayFailOpen: false,
}
