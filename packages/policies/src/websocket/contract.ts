import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { wholeSeconds } from '../setting/duration-range.ts'
import { isFieldName } from '../setting/field-name.ts'
import { ANY, isOrigin } from '../setting/page-origin.ts'

const MAX_BYTES = 67_108_864

/** Subprotocols are tokens, like names of fields (RFC 6455 §4.1). */
const subprotocol = () => z.string().max(128).refine(isFieldName, 'a token such as chat.v2')

const config = z
  .strictObject({
    origins: z
      .array(
        z
          .string()
          .max(512)
          .refine(isOrigin, 'an origin such as https://app.example or *, without path or final slash'),
      )
      .max(256)
      .default([])
      .describe('Pages of which origins may connect: scheme, host and port, compared exactly; or * for any.'),
    subprotocols: z
      .array(subprotocol())
      .min(1)
      .max(64)
      .optional()
      .describe(
        'Subprotocols of which a caller must offer one; others are not offered on. When absent, any or none.',
      ),
    tokenPrefix: subprotocol()
      .optional()
      .describe(
        'Takes the token out of an offered subprotocol that begins so; the rest is the token in base64url.',
      ),
    required: z.boolean().default(false).describe('Refuse calls that do not ask to change to WebSocket.'),
    maxFrameBytes: z
      .int()
      .min(125)
      .max(MAX_BYTES)
      .default(65_536)
      .describe('The most that one frame may carry, either way.'),
    maxMessageBytes: z
      .int()
      .min(125)
      .max(MAX_BYTES)
      .default(1_048_576)
      .describe('The most that all frames of one message may carry, either way.'),
    framesPerSecond: z
      .int()
      .min(1)
      .max(100_000)
      .default(100)
      .describe('Frames that a caller may send in a second on average, and at once after a pause.'),
    idle: wholeSeconds('1s', '1d').default('5m').describe('How long nothing may be said either way.'),
    maxLife: wholeSeconds('1s', '7d').default('1h').describe('How long a connection may last at most.'),
    ping: wholeSeconds('1s', '1h')
      .default('30s')
      .describe(
        'After so long a silence a side is asked whether it is there; after twice as long it is given up.',
      ),
    compression: z
      .boolean()
      .default(false)
      .describe('Let caller and backend agree on compressed messages; limits then count compressed bytes.'),
  })
  .refine(({ origins }) => origins.length <= 1 || !origins.includes(ANY), {
    path: ['origins'],
    message: '* already means any origin: write it alone',
  })
  .refine(({ maxFrameBytes, maxMessageBytes }) => maxFrameBytes <= maxMessageBytes, {
    path: ['maxMessageBytes'],
    message: 'a message is at least as large as one frame',
  })
export type WebsocketConfig = z.infer<typeof config>

export const websocketFaults = defineFaults('websocket', {
  'upgrade-required': {
    status: 426,
    title: 'This operation is for WebSockets',
    remedy: 'Open a WebSocket to this address (RFC 6455).',
  },
  'origin-refused': {
    status: 403,
    title: 'Pages of this origin may not connect',
    remedy: 'Operators: if the page is yours, add its origin to the websocket policy of this API.',
  },
  'subprotocol-refused': {
    status: 400,
    title: 'None of the offered subprotocols is spoken here',
    remedy: 'Offer one of the subprotocols that the documentation of the API names.',
  },
  'bad-token': {
    status: 400,
    title: 'The token among the subprotocols cannot be taken',
    remedy:
      'Send one token, in base64url without padding, beside at least one other subprotocol, and no Authorization field.',
  },
})

export const websocketContract: PolicyContract<WebsocketConfig> = {
  id: 'websocket',
  summary:
    'Lets connections change to WebSocket, from the pages that you name and within limits that you set.',
  phase: 'connection',
  stacking: 'nearest',
  config,
  faults: websocketFaults,
  body: { need: 'none' },
  mayFailOpen: false,
}
