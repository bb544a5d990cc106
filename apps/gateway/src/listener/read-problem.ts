import type { Reply } from '@portcullis/policy-kit/message/reply'

/** What a refusal of ours says, to whoever has to say it in another protocol. */
export interface Problem {
  readonly type: string
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly remedy: string | undefined
  readonly decision: string | undefined
}

/** Undefined where a reply is no refusal of ours. */
export function readProblem({ headers, body }: Reply): Problem | undefined {
  if (headers.get('content-type') !== 'application/problem+json' || !(body instanceof Uint8Array))
    return undefined
  try {
    const { type, code, title, detail, remedy, decision } = JSON.parse(Buffer.from(body).toString('utf8'))
    if (type !== `urn:portcullis:fault:${code}`) return undefined
    return { type, code, title, detail, remedy, decision }
  } catch {
    return undefined
  }
}

/** All that it says to a person, in one line. */
export function sayProblem({ title, detail, remedy }: Problem): string {
  return [title, detail, remedy].filter((each) => typeof each === 'string').join(' - ')
}
