import type { Change } from '@portcullis/ports/store/port'

/** What goes out to an app, and what it is made of. */
export interface Made {
  readonly type: string
  /** What the app gave us to be recognised by, if it gave something. */
  readonly bearer?: string
  readonly body: string
  /** Spends what it was made of, in one commit with keeping it. */
  readonly spent?: readonly Change[]
  /** What stands behind its tokens and behind nothing else. */
  readonly grantId?: string | undefined
}
