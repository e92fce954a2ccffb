import { createContext, useContext } from 'react';

/** Where tooltips go: a modal dialog lies above everything that is not in it. */
const PortalContext = createContext<HTMLElement | null>(null);

export const PortalProvider = PortalContext;
export const usePortal = (): HTMLElement | null => useContext(PortalContext);
