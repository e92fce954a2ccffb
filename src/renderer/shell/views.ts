import { AudioLines, AudioWaveform, FileAudio, ListMusic, Settings } from 'lucide-react';
import { lazy, type ComponentType } from 'react';
import { LiveView } from '../live/LiveView.tsx';
import type { ViewId } from './navigation.ts';

export interface View {
  readonly id: ViewId;
  readonly icon: ComponentType<{ size?: number }>;
  /** Fills the main area and scrolls by itself. All but the first are fetched when they are first shown. */
  readonly component: ComponentType;
}

/** In the order of the side bar. */
export const VIEWS: readonly View[] = [
  { id: 'live', icon: AudioLines, component: LiveView },
  {
    id: 'settings',
    icon: Settings,
    component: lazy(async () => ({
      default: (await import('../settings/SettingsView.tsx')).SettingsView,
    })),
  },
];

/** Icons of the views that are added by their own folders. */
export const ICONS = { compare: AudioWaveform, recordings: ListMusic, files: FileAudio } as const;
