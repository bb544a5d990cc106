import type { Decision } from '@portcullis/model/decision/decision'
import type { Events } from '@portcullis/ports/events/port'
import type { Log } from '@portcullis/ports/log/port'

/** What gathers for this long is kept together. */
const GATHER_MILLIS = 50
const MOST_AT_ONCE = 1000
/** While the events do not answer; then the oldest are given up, and the log says how many. */
const MOST_WAITING = 20_000

/** Keeps decision records without holding anybody up; those of the last moment are lost with the process. */
export interface DecisionRecorder {
  record(decision: Decision): void
  /** Resolves once all that was recorded is kept, or can't be. */
  flush(): Promise<void>
}

export function openDecisionRecorder(events: Pick<Events, 'append'>, log: Log): DecisionRecorder {
  let waiting: Decision[] = []
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  async function keep(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_AT_ONCE)
      try {
        await events.append(batch)
      } catch (error) {
        log.error('decision records of tokens could not be kept', { error, waiting: waiting.length })
        dropOldest()
        return
      }
      waiting = waiting.slice(batch.length)
    }
  }

  function dropOldest(): void {
    const beyond = waiting.length - MOST_WAITING
    if (beyond <= 0) return
    log.error('decision records of tokens are lost', { lost: beyond })
    waiting = waiting.slice(beyond)
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    running ??= keep().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    record(decision) {
      waiting.push(decision)
      timer ??= setTimeout(() => void flush(), GATHER_MILLIS)
      timer.unref()
    },
    flush,
  }
}
