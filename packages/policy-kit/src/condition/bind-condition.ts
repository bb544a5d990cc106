import { compileCondition } from '@portcullis/cedar/compile-condition'
import { EvaluationError } from '@portcullis/cedar/evaluation-error'
import type { Condition } from '@portcullis/model/attachment'
import type { WhenTold } from '@portcullis/model/decision/decision'
import type { Exchange } from '../exchange.ts'
import { Note } from '../note.ts'
import { isGranting, type Phase } from '../phase.ts'
import { callRequest } from './call-context.ts'

/** Asks whether a step runs: `holds`, and what went wrong where it had no answer. Asked once for each call. */
export type BoundCondition = (x: Exchange) => WhenTold

// Each message is of a place in a condition, so there are few; records that say the same share one object.
const unanswered = new Map<string, WhenTold>()

function withoutAnswer(holds: boolean, error: string): WhenTold {
  const key = `${holds} ${error}`
  const told = unanswered.get(key) ?? { holds, error }
  unanswered.set(key, told)
  return told
}

const HOLDS: WhenTold = { holds: true }
const HOLDS_NOT: WhenTold = { holds: false }

// Of one attachment the condition is compiled once, however many operations it is for, and says the same to all who ask.
const bound = new WeakMap<Condition, BoundCondition>()

/**
 * Compiles a condition. Where a call leaves it without an answer (it asks for a claim that the token does not have), a
 * step that protects runs: nobody gets past it by leaving something out. One that grants does not run.
 *
 * Throws `cedar.unsupported` for what is no expression.
 */
export function bindCondition(condition: Condition, phase: Phase): BoundCondition {
  const known = bound.get(condition)
  if (known !== undefined) return known
  const made = compiled(condition, phase)
  bound.set(condition, made)
  return made
}

function compiled({ expression }: Condition, phase: Phase): BoundCondition {
  const test = compileCondition(expression)
  const whenUnanswered = !isGranting(phase)
  // What is known of a call grows with the steps; whether this one runs is settled when it is asked first.
  const settled = new Note<WhenTold>()

  function ask(x: Exchange): WhenTold {
    try {
      return test(callRequest(x)) ? HOLDS : HOLDS_NOT
    } catch (thrown) {
      // The words of an EvaluationError come from the condition alone; those of others are not for records.
      return withoutAnswer(whenUnanswered, thrown instanceof EvaluationError ? thrown.message : 'it failed')
    }
  }

  return (x) => {
    const before = settled.of(x)
    if (before !== undefined) return before
    const told = ask(x)
    settled.write(x, told)
    return told
  }
}
