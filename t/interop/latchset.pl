#!/usr/bin/perl
# The answers of the command "jose" of Latchset (Debian's package jose) to
# util/interop.pl: a line of JSON for each line of JSON.  Knows nothing of
# healthcode.  CONTRIBUTING.md, "Other implementations".

use strict;
use warnings;

use File::Temp ();
use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my $tmp = File::Temp->newdir('healthcode-interop-XXXXXXXX', TMPDIR => 1);


# (exit status, output) of jose.
sub jose {
    my $pid = open my $out, '-|';
    defined $pid or die "fork: $!\n";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT or die "stderr: $!\n";
        exec 'jose', @_ or die "jose: $!\n";
    }
    local $/;
    my $text = <$out> // '';
    close $out;
    $? & 127 and die "jose @_: signal\n";
    return ($? >> 8, $text);
}


sub must {
    my ($status, $out) = jose(@_);
    $status == 0 or die "jose @_: exit $status: $out\n";
    chomp $out;
    return $out;
}


sub path {
    my ($name, $text) = @_;
    open my $file, '>:raw', "$tmp/$name" or die "$name: $!\n";
    print {$file} $text;
    close $file or die "$name: $!\n";
    return "$tmp/$name";
}


my %can = (
    about => sub {
        my %known = map { $_ => 1 } split /\n/, must('alg');
        my @can = grep { $known{$_} } qw(EdDSA Ed25519),
            map { ("${_}256", "${_}384", "${_}512") } qw(HS RS PS ES);
        return { name => 'jose of Latchset', algorithms => \@can,
                 version => `dpkg-query -W -f '\${Version}' jose` };
    },

    make => sub {
        my ($ask) = @_;
        my $key = must(qw(jwk gen -i),
                       $json->encode({ alg => $ask->{alg}, kid => $ask->{kid} }));
        my $public = $ask->{alg} =~ /^HS/ ? $key
            : must(qw(jwk pub -i), path('key', $key));
        return { private => $json->decode($key),
                 keys => $json->encode({ keys => [ $json->decode($public) ] }) };
    },

    sign => sub {
        my ($ask) = @_;
        return { code => must(qw(jws sig -c -I),
            path('payload', $json->encode($ask->{claims})), '-k',
            path('key', $json->encode($ask->{key})), '-s',
            $json->encode({ protected => $ask->{header} })) };
    },

    verify => sub {
        my ($ask) = @_;
        my ($status, $out) = jose(qw(jws ver -O - -i), path('code', $ask->{code}), '-k',
                                  path('key', $json->encode($ask->{key})));
        return $status == 0 ? { claims => $json->decode($out) }
            : { refused => $out };
    },

    thumbprint => sub {
        my ($ask) = @_;
        return { thumbprint => must(qw(jwk thp -a S256 -i),
                                    path('key', $json->encode($ask->{key}))) };
    },
);

$| = 1;
while (my $line = <STDIN>) {
    my $ask = $json->decode($line);
    my $answer = eval { $can{ $ask->{do} } ? $can{ $ask->{do} }->($ask) : { none => 1 } };
    print $json->encode($answer // { error => "$@" }), "\n";
}
