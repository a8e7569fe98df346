-- One database a service. Its owner migrates; its application role owns nothing, and may act as
-- the queue role, which sees the queue tables of all tenants.
\getenv password ROLE_PASSWORD
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', database || '_owner', :'password'),
       format('CREATE ROLE %I LOGIN NOINHERIT PASSWORD %L', database || '_app', :'password'),
       format('CREATE ROLE %I NOLOGIN', database || '_queue'),
       format('GRANT %I TO %I', database || '_queue', database || '_app'),
       format('CREATE DATABASE %I OWNER %I', database, database || '_owner'),
       format('REVOKE ALL ON DATABASE %I FROM PUBLIC', database),
       format('GRANT CONNECT ON DATABASE %I TO %I', database, database || '_app')
FROM unnest(ARRAY['see_assessment', 'see_commitments', 'see_strategy', 'see_reporting']) AS database
\gexec
