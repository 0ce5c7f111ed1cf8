# A program of t/browser/ in node, with a real Chromium: starts it, answers what
# it asks of the gate, and makes tests of what it finds.  A line that it prints is
# "ok - ...", "not ok - ...", or "? {...}", a question for one of our commands.

package Healthcode::Browser;

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET;
use IPC::Open2 qw(open2);
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Process;

our @EXPORT_OK = qw(certificate listens play);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;


# Waits until somebody listens on the port; false if the process ends before.
sub listens {
    my ($port, $process) = @_;
    for (1 .. 500) {
        return 1 if IO::Socket::INET->new("127.0.0.1:$port");
        return 0 if !$process->running;
        sleep 0.02;
    }
    return 0;
}


# A certificate for these names that nobody has signed: its path and its key's.
sub certificate {
    my ($dir, @names) = @_;
    my ($cert, $key) = ("$dir/names.crt", "$dir/names.key");
    my $process = Healthcode::Process->spawn([ 'openssl', 'req', '-x509', '-newkey', 'ec',
        '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', $key, '-out', $cert,
        '-days', 2, '-subj', "/CN=$names[0]", '-addext',
        'subjectAltName=' . join ',', map { "DNS:$_" } @names ]);
    my $status = $process->wait(60) // die "openssl: no end\n";
    die 'openssl: ', $process->output if $status;
    return ($cert, $key);
}


# play(PROGRAM, SECONDS, {environment}, NAME => sub { answer }, ...)
sub play {
    my ($program, $seconds, $environment, %commands) = @_;
    my $root = $Healthcode::Fixture::ROOT;

    local %ENV = (%ENV, %$environment, BROWSER_MODULES => "$root/.deps/browser",
                  BROWSER_SHOTS => "$root/build/browser");
    my $pid = open2(my $out, my $in, 'node', $program);
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "it is not over in $seconds s\n" };

    my $ended = eval {
        alarm $seconds;
        while (my $line = readline $out) {
            chomp $line;
            if ($line =~ /^\? (.*)/) {
                my $ask = $json->decode($1);
                my $do = $commands{ $ask->{do} } or die "no \"$ask->{do}\"\n";
                print {$in} $json->encode($do->($ask)), "\n";
                $in->flush;
            } elsif ($line =~ /^(not )?ok - (.*)/) {
                ok(!$1, $2);
            } else {
                diag($line);
            }
        }
        alarm 0;
        1;
    } or do {
        diag($@);
        kill 'KILL', $pid;
    };

    close $in;
    waitpid $pid, 0;
    ok($ended && $? == 0, 'the program of the browser ends well');
    return;
}

1;
