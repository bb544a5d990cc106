import { isProtected } from '../headers/protected.ts'
import { isFieldValue } from '../headers/template.ts'
import { isFieldName } from '../setting/field-name.ts'
import type { Decision, Demand } from './dialect.ts'

/** What a decision comes to for a call: names and values in turn. */
export interface Outcome {
  readonly effect: 'permit' | 'deny' | 'undecided' | 'step-up' | 'unknown-obligation'
  readonly toBackend: readonly string[]
  readonly toCaller: readonly string[]
  /** How the user must have signed in, where that is what is lacking. */
  readonly stepUp: readonly string[]
  /** The obligation that can't be kept. */
  readonly unknown?: string
}

/** What can be done to keep a demand; `undefined` where it can't be kept. */
interface Deed {
  readonly toBackend?: readonly string[]
  readonly toCaller?: readonly string[]
  readonly acrValues?: readonly string[]
}

/** Every obligation and advice that is understood, by its id. */
const deeds: ReadonlyMap<string, (demand: Demand) => Deed | undefined> = new Map([
  ['request-headers', (demand: Demand) => withFields(demand, (fields) => ({ toBackend: fields }))],
  ['reply-headers', (demand: Demand) => withFields(demand, (fields) => ({ toCaller: fields }))],
  ['step-up', readStepUp],
])

/** `acr` is how the user signed in. A call is let through only with every obligation kept; advice is kept if it can be. */
export function outcomeOf({ effect, obligations, advice }: Decision, acr: string | undefined): Outcome {
  const toBackend: string[] = []
  const toCaller: string[] = []
  let stepUp: readonly string[] = []
  let unknown: string | undefined
  for (const demand of [...obligations, ...advice]) {
    const deed = deedFor(demand)
    if (deed === undefined) {
      if (obligations.includes(demand)) unknown ??= demand.id
      continue
    }
    toBackend.push(...(deed.toBackend ?? []))
    toCaller.push(...(deed.toCaller ?? []))
    const isLacking = deed.acrValues !== undefined && (acr === undefined || !deed.acrValues.includes(acr))
    if (isLacking) stepUp = deed.acrValues ?? []
  }
  const result = { toBackend, toCaller, stepUp }
  // Whoever is to sign in anew is told so, also by a decision that denies for now.
  if (stepUp.length > 0 && effect !== 'undecided') return { ...result, effect: 'step-up' }
  if (effect === 'permit' && unknown !== undefined)
    return { ...result, effect: 'unknown-obligation', unknown }
  return { ...result, effect }
}

function deedFor(demand: Demand): Deed | undefined {
  return deeds.get(demand.id)?.(demand)
}

function withFields({ attributes }: Demand, deed: (fields: readonly string[]) => Deed): Deed | undefined {
  const fields: string[] = []
  for (const [name, values] of Object.entries(attributes)) {
    const value = values.join(', ')
    if (!isFieldName(name) || isProtected(name) || !isFieldValue(value)) return undefined
    fields.push(name, value)
  }
  return deed(fields)
}

function readStepUp({ attributes }: Demand): Deed | undefined {
  const { acr } = attributes
  if (acr === undefined || acr.length === 0 || Object.keys(attributes).length > 1) return undefined
  return acr.every((each) => each !== '' && !each.includes(' ')) ? { acrValues: acr } : undefined
}
