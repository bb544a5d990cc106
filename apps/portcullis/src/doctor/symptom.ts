/** One thing that the doctor looked at. */
export interface Symptom {
  /** `well`; `careful`: it will be wrong, or may be; `wrong`: calls or changes fail because of it. */
  readonly state: 'well' | 'careful' | 'wrong'
  /** A sentence. */
  readonly what: string
  /** What to do about it; none where it is well. */
  readonly remedy?: string
}

export const well = (what: string): Symptom => ({ state: 'well', what })
export const careful = (what: string, remedy: string): Symptom => ({ state: 'careful', what, remedy })
export const wrong = (what: string, remedy: string): Symptom => ({ state: 'wrong', what, remedy })

const MARKS = { well: 'ok     ', careful: 'careful', wrong: 'WRONG  ' } as const

export function symptomLines({ state, what, remedy }: Symptom): string[] {
  return [`${MARKS[state]}  ${what}`, ...(remedy === undefined ? [] : [`         ${remedy}`])]
}
