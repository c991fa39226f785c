@echo off
rem The launcher for Windows; bin/assent says what it promises. cmd cannot exec: Node runs as its child.
setlocal
set "root=%~dp0.."
set "main=%root%\src\cli\main.ts"
if not exist "%main%" set "main=%root%\dist\cli.js"
set "runtime=%root%\node_modules\node\bin\node.exe"
if not exist "%runtime%" set "runtime=%root%\..\node\bin\node.exe"
set "tuned=--max-semi-space-size=1 --wasm-tiering-budget=2000000000"
if exist "%runtime%" goto run
set "runtime=node"
set "tuned="
node -e "const [a, b] = process.versions.node.split('.').map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)" 2>nul
if errorlevel 1 (
  echo assent: needs Node 22.18 or newer 1>&2
  exit /b 2
)
:run
"%runtime%" --disable-warning=ExperimentalWarning %tuned% "%main%" %*
exit /b %errorlevel%
