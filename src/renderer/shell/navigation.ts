import { create } from 'zustand';

export const VIEW_IDS = ['live', 'compare', 'recordings', 'files', 'settings'] as const;
export type ViewId = (typeof VIEW_IDS)[number];

interface Navigation {
  readonly view: ViewId;
  readonly isHelpOpen: boolean;
  readonly isGuideOpen: boolean;
  /** Also in the address, so that a reload comes back to it. */
  go(view: ViewId): void;
  openHelp(isOpen: boolean): void;
  openGuide(isOpen: boolean): void;
}

/** @returns the view that an address names, `live` where it names none */
export function viewOf(hash: string): ViewId {
  const named = hash.replace(/^#\//, '');
  return VIEW_IDS.find((id) => id === named) ?? 'live';
}

export const useNavigation = create<Navigation>((set) => ({
  view: typeof location === 'undefined' ? 'live' : viewOf(location.hash),
  isHelpOpen: false,
  isGuideOpen: false,
  go(view) {
    set({ view });
    history.replaceState(null, '', `#/${view}`);
  },
  openHelp: (isHelpOpen) => set({ isHelpOpen }),
  openGuide: (isGuideOpen) => set({ isGuideOpen }),
}));
