const subscription = '/subscriptions/:subscription'
const group = `${subscription}/resourceGroups/:group`

/** Paths of everything that can have locks, tags and permissions. */
export const scopes = [subscription, group, `${group}/providers/:namespace/:type/:name`] as const
