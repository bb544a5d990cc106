import type { Breaches } from '@portcullis/ports/breaches/port'
import { halves, plainForms, unitOf } from './plain-forms.ts'

/** A unit so short is no password, however often it is repeated; so few steps that are no next letter or digit are none either. */
const MIN_UNIT_CHARACTERS = 6
const MIN_STEPS = 4

/**
 * Knows the fifty thousand passwords that are chosen most, dressed up, doubled or two in a row, and those that are nothing
 * but repetition or the order of letters and digits. The list is loaded when it is first asked.
 */
export function openCommonBreaches(): Breaches {
  let loading: Promise<ReadonlySet<string>> | undefined
  return {
    async know(password) {
      const text = password.reveal()
      const forms = plainForms(text)
      if (forms.length === 0) return false
      loading ??= load()
      const known = await loading
      if (forms.some((form) => known.has(form) || isMonotonous(form))) return true
      return forms.some((form) => halves(form).some(([one, other]) => known.has(one) && known.has(other)))
    },
  }
}

async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'])
}

function isMonotonous(text: string): boolean {
  if (unitOf(text).length < MIN_UNIT_CHARACTERS && text.length >= 2 * unitOf(text).length) return true
  let steps = 0
  for (let i = 1; i < text.length; i++) {
    const step = text.charCodeAt(i) - text.charCodeAt(i - 1)
    // From 9 to 0 it goes on.
    if (Math.abs(step) > 1 && Math.abs(step) !== 9) steps++
  }
  return steps < MIN_STEPS
}
