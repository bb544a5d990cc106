/** The declaration of one setting: its only mention. Environment, file, `portcullis settings` and docs follow from it. */
export interface Setting<T> {
  /** What it decides, for the operator. */
  readonly meaning: string
  /** In the form in which it is written; `undefined` where there is none. */
  readonly default: string | undefined
  /** What a value can cost, where it can. */
  readonly danger?: string
  /** Never shown. */
  readonly secret?: boolean
  /** Says what is expected when the text is not it. */
  readonly parse: (text: string) => Parsed<T>
}

export const setting = <T>(declaration: Setting<T>): Setting<T> => declaration

export type Parsed<T> = { readonly value: T } | { readonly expected: string }

/** A setting's name in the environment: `gatewayPort` is `PORTCULLIS_GATEWAY_PORT`. */
export function environmentName(name: string): string {
  return `PORTCULLIS_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}
