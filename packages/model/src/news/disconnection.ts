import { z } from '@portcullis/kernel/schema'

const word = z.string().min(1).max(512).optional()

/** Which standing calls (WebSockets, streams of events) of an organization are meant: those to which all that is given applies. */
export const standingFilter = z.strictObject({
  environment: word,
  api: word,
  operation: word,
  client: word,
  subject: word,
  /** The id of the decision that let it begin. */
  decision: word,
})
export type StandingFilter = z.infer<typeof standingFilter>

/** That calls which began up to a moment are to end, as gateways are told of it. Those that begin later are not meant. */
export const disconnection = z.strictObject({
  /** Counted from 1 in the installation. */
  position: z.int().min(1),
  organization: z.string().min(1).max(64),
  filter: standingFilter,
  /** Milliseconds since the epoch. */
  before: z.int(),
})
export type Disconnection = z.infer<typeof disconnection>
