import { Fault } from '@portcullis/kernel/fault'
import { type FetchAnswer, readText as readWhole } from '@portcullis/kernel/fetch'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { apiFaults } from './fault.ts'
import { problem } from './problem.ts'

/** An export of the largest installation that can be applied at once, with room for the quoting of JSON. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** The text of an answer, never more than is sensible to hold. */
export async function readText(answer: FetchAnswer): Promise<string> {
  return readWhole(answer, MAX_ANSWER_BYTES).catch((thrown: unknown) => {
    if (!(thrown instanceof RangeError)) throw thrown
    throw apiFaults['unexpected-answer']({ detail: `The answer is larger than ${MAX_ANSWER_BYTES} bytes.` })
  })
}

/** What a refusal means: the server's own fault, with its code, remedy and findings. */
export function faultOf(status: number, text: string): Fault {
  const told = problem.safeParse(parseJson(text))
  if (!told.success) return apiFaults['unexpected-answer']({ detail: `It answered with status ${status}.` })
  const { code, title, remedy, detail, findings } = told.data
  const definition = { status, title, remedy }
  const options = detail === undefined ? {} : { detail }
  return findings === undefined
    ? new Fault(code, definition, options)
    : new FindingsFault(code, definition, findings, options)
}

/** The JSON value, or `undefined` where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What went wrong before an answer was there. */
export function failureOf(thrown: unknown, url: string): Fault {
  if (thrown instanceof Fault) return thrown
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') {
    return apiFaults['timed-out']({ cause: thrown })
  }
  return apiFaults.unreachable({ detail: `Nothing answered at ${url}.`, cause: thrown })
}
