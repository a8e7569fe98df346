"""The gateway's rules that need no network: how the services' documents become one."""
