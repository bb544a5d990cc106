/**
 * Takes turns by weight, smoothly: 5, 1, 1 goes a a b a c a a and not a a a a a b c. Everybody earns their weight, the
 * richest is chosen and pays what all have earned; so credits always add up to nothing. (The way of nginx's
 * `ngx_http_upstream_get_peer`.)
 *
 * Changes the credits. A weight of 0 is passed over and keeps its credit. Returns -1 when nobody has any weight.
 */
export function takeTurn(credits: number[], weights: readonly number[]): number {
  let chosen = -1
  let earned = 0
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number
    if (weight === 0) continue
    earned += weight
    const credit = (credits[i] as number) + weight
    credits[i] = credit
    if (chosen === -1 || credit > (credits[chosen] as number)) chosen = i
  }
  if (chosen !== -1) credits[chosen] = (credits[chosen] as number) - earned
  return chosen
}
