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
    id: 'compare',
    icon: AudioWaveform,
    component: lazy(async () => ({
      default: (await import('../compare/CompareView.tsx')).CompareView,
    })),
  },
  {
    id: 'recordings',
    icon: ListMusic,
    component: lazy(async () => ({
      default: (await import('../library/RecordingsView.tsx')).RecordingsView,
    })),
  },
  {
    id: 'files',
    icon: FileAudio,
    component: lazy(async () => ({
      default: (await import('../files/FilesView.tsx')).FilesView,
    })),
  },
  {
    id: 'settings',
    icon: Settings,
    component: lazy(async () => ({
      default: (await import('../settings/SettingsView.tsx')).SettingsView,
    })),
  },
];
